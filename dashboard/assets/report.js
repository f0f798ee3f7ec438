"use strict";
(function () {
  const root = document.documentElement;
  function draw(scope) {
    for (const block of scope.querySelectorAll("script[data-chart]")) {
      const place = document.getElementById(block.dataset.chart);
      if (place.dataset.drawn) continue;
      place.dataset.drawn = "1";
      const figure = JSON.parse(block.textContent);
      Plotly.newPlot(place, figure.data, figure.layout, { responsive: true, displaylogo: false, displayModeBar: false });
      const save = document.createElement("span");
      save.className = "save";
      for (const format of ["png", "svg"]) {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = format.toUpperCase();
        button.onclick = () => Plotly.downloadImage(place, { format, filename: block.dataset.chart, scale: 2 });
        save.append(button);
      }
      place.parentNode.querySelector("figcaption").append(save);
    }
  }
  function speak(language) {
    root.dataset.shown = root.lang = language;
    const shown = document.querySelector(`main[lang="${language}"]`);
    if (shown) draw(shown);
  }
  function sorted(head) {
    const body = head.closest("table").tBodies[0], at = head.cellIndex;
    const up = head.getAttribute("aria-sort") !== "ascending";
    const value = (row) => {
      const cell = row.cells[at];
      return cell.dataset.sort === undefined ? cell.textContent : Number(cell.dataset.sort);
    };
    const rows = [...body.rows].sort((a, b) => {
      const x = value(a), y = value(b);
      const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y));
      return up ? order : -order;
    });
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    body.append(...rows);
  }
  for (const button of document.querySelectorAll("[data-language]")) button.onclick = () => speak(button.dataset.language);
  for (const button of document.querySelectorAll(".print")) button.onclick = () => window.print();
  for (const head of document.querySelectorAll("th")) {
    head.tabIndex = 0;
    head.onclick = () => sorted(head);
    head.onkeydown = (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); sorted(head); } };
  }
  speak(root.dataset.shown);
})();
