"""The dashboard as Streamlit runs it: a script, so it names the package in full."""

from topline.dashboard.comparison import page

page()
