"""Pages of the site that are made of what the app ships: one text, wherever it is read."""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

ROOT = Path(__file__).parents[1]
TEXT = ROOT / "dashboard" / "text"
#: (file of the note, title in English, title in Chinese), in the order of the app's menu.
ANALYSES = (
    ("data", "Data", "数据"),
    ("overview", "Overview", "经营总览"),
    ("segments", "Customer segments", "顾客分群"),
    ("customer", "Customer page", "顾客详情"),
    ("segment_builder", "Segment builder", "自建分群"),
    ("cohorts", "Cohorts", "同期群"),
    ("lifetime_value", "Lifetime value", "顾客终身价值"),
    ("association_rules", "Bought together", "连带购买"),
    ("recommendations", "Recommendations", "商品推荐"),
    ("churn", "Churn risk", "流失风险"),
    ("inventory", "Inventory", "库存补货"),
    ("sales_forecast", "Sales forecast", "销售预测"),
    ("saved", "Saved work", "已保存的工作"),
)
GUIDES = (
    ("help_start", "First steps", "第一次使用"),
    ("help_platforms", "Get your export", "怎么导出订单"),
    ("help_demo", "The demo shop's story", "演示店铺里有什么"),
)
MODULES = (
    "core.dataset",
    "core.schema",
    "core.options",
    "core.finding",
    "core.evidence",
    "core.intake.load",
    *(
        f"core.analyses.{file.stem}"
        for file in sorted((ROOT / "core" / "analyses").iterdir())
        if (file.is_dir() or file.suffix == ".py") and not file.stem.startswith("_")
    ),
)


def pages() -> dict[str, str]:
    """Address -> Markdown of every generated page."""
    made = {"index.md": _index(), "glossary.md": glossary(), "api.md": _api()}
    for name in ("SECURITY", "CONTRIBUTING"):
        made[f"{name.lower()}.md"] = (ROOT / f"{name}.md").read_text(encoding="utf-8")
    for language, at in (("en", 1), ("zh", 2)):
        for entry in (*ANALYSES, *GUIDES):
            note = (TEXT / language / f"{entry[0]}.md").read_text(encoding="utf-8")
            made[f"{language}/{entry[0]}.md"] = f"# {entry[at]}\n\n{note}"
    return made


def _index() -> str:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    readme = readme.replace("docs/", "").replace("(SECURITY.md)", "(security.md)")
    return readme.split("[First steps]")[0]


def glossary() -> str:
    """Every explained word, English beside Chinese."""
    rows = set()
    for file in sorted((TEXT / "terms").glob("*.toml")):
        for entry in tomllib.loads(file.read_text(encoding="utf-8")).values():
            if "help" in entry:
                said = entry["help"]
                rows.add((entry["en"], said["en"], entry["zh"], said["zh"]))
    lines = [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in sorted(rows)]
    head = "# Glossary\n\n| English | Meaning | 中文 | 含义 |\n|---|---|---|---|\n"
    return head + "\n".join(lines) + "\n"


def _api() -> str:
    return "# API\n\n" + "\n\n".join(f"::: {module}" for module in MODULES) + "\n"


def on_config(config: "MkDocsConfig") -> "MkDocsConfig":
    """The menu."""

    def entries(language: str, at: int, of: Any) -> list[dict[str, str]]:  # noqa: ANN401
        return [{entry[at]: f"{language}/{entry[0]}.md"} for entry in of]

    config.nav = [
        {"Shopscope": "index.md"},
        {"Start": entries("en", 1, GUIDES)},
        {"Pages": entries("en", 1, ANALYSES)},
        {"中文": [*entries("zh", 2, GUIDES), *entries("zh", 2, ANALYSES)]},
        {"Glossary": "glossary.md"},
        {"Command line": "outputs.md"},
        {"Security and privacy": "security.md"},
        {"Contributing": "contributing.md"},
        {"API": "api.md"},
    ]
    return config


def on_files(files: "Files", config: "MkDocsConfig") -> "Files":
    """Add the generated pages."""
    from mkdocs.structure.files import File

    for address, content in pages().items():
        files.append(File.generated(config, address, content=content))
    return files
