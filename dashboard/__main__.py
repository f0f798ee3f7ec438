"""`python -m dashboard`: starts the app on this machine only, with the packaged settings.

Streamlit looks for its settings beside the entry script, in the working and in the home folder.
Started from anywhere else it would send usage statistics and listen on every interface, so the
packaged file is handed over here. A flag or an environment variable of the reader still wins.
"""

import gc
import importlib.util
import json
import os
import re
import socket
import sys
import tomllib
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import click

HERE = Path(__file__).resolve().parent
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
#: What the app loads into every new session: set by this launcher, read by dashboard.start.
START = "SHOPSCOPE_START"
#: Whom to let in: set by this launcher, read by dashboard.gate.
PASSWORD, EMAILS = "SHOPSCOPE_PASSWORD_HASH", "SHOPSCOPE_ALLOWED_EMAILS"


def settings() -> Path | None:
    """The packaged config.toml: beside the package in a wheel, above it in a checkout."""
    places = (HERE / ".streamlit", HERE.parent / ".streamlit")
    return next((p / "config.toml" for p in places if (p / "config.toml").is_file()), None)


def variable(option: str) -> str:
    """server.maxUploadSize -> STREAMLIT_SERVER_MAX_UPLOAD_SIZE."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", option)
    return "STREAMLIT_" + words.replace(".", "_").upper()


def flat(table: dict[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Every option of a settings file under its full name."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def written(option: str, value: object) -> str:
    """An option's value as an environment variable: theme lists are JSON, others spaced."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return json.dumps(value) if option.startswith("theme.") else " ".join(map(str, value))
    return str(value)


def apply_settings() -> None:
    """Make the packaged settings the defaults of this process."""
    if (file := settings()) is None:
        return
    for option, value in flat(tomllib.loads(file.read_text(encoding="utf-8"))):
        os.environ.setdefault(variable(option), written(option, value))


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--port", default=8501, show_default=True, type=click.IntRange(1, 65535))
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
@click.option("--demo", is_flag=True, help="Start on the demo shop.")
@click.option(
    "--data",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Order exports to start with; repeat it or list several.",
)
@click.argument(
    "more", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar=""
)
@click.option("--address", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "--password",
    is_flag=True,
    help="Ask now for a password, and let in who knows it; or set SHOPSCOPE_PASSWORD.",
)
@click.option(
    "--allow-email",
    multiple=True,
    help="Let in who logs in with this address (OpenID Connect, [auth] in secrets.toml).",
)
@click.option(
    "--allow-network",
    is_flag=True,
    help="Let other machines in without either: anybody who reaches the port sees the data.",
)
def main(
    port: int,
    no_browser: bool,  # noqa: FBT001
    demo: bool,  # noqa: FBT001
    data: tuple[Path, ...],
    more: tuple[Path, ...],
    address: str,
    password: bool,  # noqa: FBT001
    allow_email: tuple[str, ...],
    allow_network: bool,  # noqa: FBT001
) -> None:
    """Start the dashboard and open the browser."""
    word = os.environ.pop("SHOPSCOPE_PASSWORD", None)
    if password:
        word = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    if address not in LOOPBACK and not (word or allow_email or allow_network):
        raise click.UsageError(
            f"{address} lets other machines in, and there is no password. Add --password or "
            "--allow-email, or --allow-network if anybody may see the data."
        )
    lock(word, allow_email)
    files = [str(path.resolve()) for path in (*data, *more)]
    os.environ[START] = json.dumps({"demo": demo, "data": files})
    serve(address, port, "overview" if demo or files else "data", browser=not no_browser)


def lock(password: str | None, emails: tuple[str, ...]) -> None:
    """Tell the app whom to let in; without either, everybody who reaches the port."""
    if emails:
        _check_login()
    for name in (PASSWORD, EMAILS):
        os.environ.pop(name, None)
    if emails:
        os.environ[EMAILS] = ",".join(emails)
    if password:
        from dashboard import gate

        if len(password) < gate.SHORTEST:
            raise click.UsageError(f"A password needs {gate.SHORTEST} characters or more.")
        os.environ[PASSWORD] = gate.hashed(password)


def _check_login() -> None:
    from streamlit.runtime.secrets import secrets_singleton

    if not (secrets_singleton.load_if_toml_exists() and "auth" in secrets_singleton):
        raise click.UsageError(
            "--allow-email needs a login provider: describe it under [auth] in "
            ".streamlit/secrets.toml."
        )
    if importlib.util.find_spec("authlib") is None:
        raise click.UsageError("A login needs one package more: pip install 'shopscope[login]'.")


def serve(address: str, port: int, home: str, *, browser: bool) -> None:
    """Run the server until it is stopped."""
    os.environ[variable("server.address")] = address
    os.environ[variable("server.port")] = str(port)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    apply_settings()
    listening = _listen(address, port)
    host = "localhost" if address in LOOPBACK | {"0.0.0.0", "::"} else address
    url = f"http://{host}:{port}"
    click.echo(f"Shopscope: {url}")
    if browser:
        Thread(target=webbrowser.open, args=[url], daemon=True).start()
    gc.disable()  # until all is imported: there is nothing to collect
    sys.setswitchinterval(0.001)  # importing must not keep the assets waiting
    _serve(listening, home)


def _listen(address: str, port: int) -> socket.socket:
    """A socket that takes connections from now on; they wait until the server is there."""
    try:
        return socket.create_server(
            (address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET
        )
    except OSError as error:
        raise click.ClickException(
            f"Port {port} of {address} is not free ({error.strerror}): choose another with --port."
        ) from error


def _serve(listening: socket.socket, home: str) -> None:
    import uvicorn

    from dashboard.batches import Batches
    from dashboard.front import Door, Front, SecurityHeaders, index

    html = index()
    front = Door(Front(_load, html, home))
    server = uvicorn.Server(
        uvicorn.Config(
            SecurityHeaders(Batches(front), html),
            ws="websockets-sansio",
            ws_ping_interval=30,
            ws_ping_timeout=30,
            ws_max_size=1 << 28,
            ws_per_message_deflate=False,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=5,
        )
    )
    server.run(sockets=[listening])


def _load() -> Any:  # noqa: ANN401
    from dashboard.server import load

    return load()


if __name__ == "__main__":
    main(prog_name="python -m dashboard")
