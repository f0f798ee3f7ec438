"""The door, where other machines can reach the port: a password, or a login that others vouch for.

The launcher says in the environment which one stands, or both; on this machine alone there is
none. The password is known as its scrypt hash (N = 2^15, r = 8, p = 1). Guesses are answered one at
a time, each a second after the last, for all sessions together.
"""

import hashlib
import hmac
import os
import secrets
import threading
import time

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard import state
from dashboard.i18n import safe, t

#: Set by the launcher: salt:hash of the password; or the addresses that may log in, by commas.
PASSWORD, EMAILS = "SHOPSCOPE_PASSWORD_HASH", "SHOPSCOPE_ALLOWED_EMAILS"
SHORTEST = 10
PAUSE = 1.0
_ONE_AT_A_TIME = threading.Lock()
#: Sessions that were let in.
_IN: set[str] = set()


def hashed(password: str, salt: bytes | None = None) -> str:
    """What the launcher hands over instead of the password."""
    salt = salt or secrets.token_bytes(16)
    key = hashlib.scrypt(password.encode(), salt=salt, n=2**15, r=8, p=1, maxmem=2**26)
    return f"{salt.hex()}:{key.hex()}"


def matches(password: str, expected: str) -> bool:
    """Whether this is the password; a wrong one costs everybody who guesses a pause."""
    with _ONE_AT_A_TIME:
        right = hmac.compare_digest(
            hashed(password, bytes.fromhex(expected.partition(":")[0])), expected
        )
        if not right:
            time.sleep(PAUSE)
        return right


def is_in(session: str) -> bool:
    """Whether there is no door, or this session came through it."""
    return session in _IN or not (os.environ.get(PASSWORD) or EMAILS in os.environ)


def guard() -> None:
    """Let the run go on only for who may see the shop."""
    _check()
    if (context := get_script_run_ctx()) is not None:
        _IN.add(context.session_id)


def _check() -> None:
    if (emails := os.environ.get(EMAILS)) is not None:
        named = {email.strip().casefold() for email in emails.split(",")}
        _identify(named - {""})  # nobody is let in for having no address
    expected = os.environ.get(PASSWORD)
    if expected and not state.remembered("let in"):
        _ask(expected)


def _ask(expected: str) -> None:
    st.title("Shopscope", anchor=False)
    with st.form("gate", border=True):
        password = st.text_input(t("Password"), type="password")
        if st.form_submit_button(t("Enter")):
            if matches(password, expected):
                state.remember("let in", True)
                st.rerun()
            st.warning(t("This is not the password."))
    st.stop()


def _identify(allowed: set[str]) -> None:
    if not st.user.get("is_logged_in", False):
        st.title("Shopscope", anchor=False)
        st.button(t("Log in"), on_click=st.login)
        st.stop()
    verified = st.user.get("email_verified", True)
    email = str(st.user.get("email", ""))
    if not verified or email.casefold() not in allowed:
        st.title("Shopscope", anchor=False)
        st.warning(safe("{email} may not see this shop.", email=email))
        st.button(t("Log out"), on_click=st.logout)
        st.stop()
