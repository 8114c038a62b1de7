"""Colours and settings of the dashboard, in code because a settings file beside an installed app is not found.

The two series differ in hue, in lightness order, in shape and in position, so that no reader depends on colour.
Each colour reaches a contrast of 3 to 1 on the light and on the dark background alike (WCAG 2.2, 1.4.11).
"""

from __future__ import annotations

from ..analysis.telling.comparison_chart import EITHER

LIGHT = {"backgroundColor": "#ffffff", "secondaryBackgroundColor": "#f3f5f8", "textColor": "#1b1f24"}
DARK = {"backgroundColor": "#13161b", "secondaryBackgroundColor": "#1f242c", "textColor": "#e8eaed"}


def words_colour(scheme: str | None) -> str:
    """Give the colour of the words on a chart in a colour scheme; without one, a grey that can be read on both."""
    return {"light": LIGHT["textColor"], "dark": DARK["textColor"]}.get(scheme or "", EITHER)


def settings(host: str, port: int, open_browser: bool) -> dict[str, object]:
    """Give the Streamlit settings: no usage statistics, nothing for developers, both colour schemes.

    Examples
    --------
    >>> settings("127.0.0.1", 8501, False)["browser.gatherUsageStats"]
    False
    """
    colours = {
        **{f"theme.light.{name}": colour for name, colour in LIGHT.items()},
        **{f"theme.dark.{name}": colour for name, colour in DARK.items()},
        "theme.light.primaryColor": "#1d5fa8",
        "theme.dark.primaryColor": "#6db3ff",
        "theme.light.linkColor": "#1a5599",
        "theme.dark.linkColor": "#8cc3ff",
        "theme.light.borderColor": "#d4d9e0",
        "theme.dark.borderColor": "#3a424e",
        "theme.baseRadius": "small",
        "theme.showWidgetBorder": True,
    }
    return {
        **colours,
        "server.address": host,
        "server.port": port,
        "server.headless": not open_browser,
        "server.fileWatcherType": "none",
        "server.showEmailPrompt": False,
        # Streamlit's greeting, with which an invitation to install things for developers goes from the page as well
        "logger.hideWelcomeMessage": True,
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "minimal",
        "ui.hideTopBar": True,
        "client.showErrorDetails": "none",
        "client.showErrorLinks": False,
        "global.developmentMode": False,
        "runner.magicEnabled": False,
    }
