"""Lines for people: steps, facts and tables; colour only on a terminal that
wants it (NO_COLOR, TERM=dumb)."""
import os
import sys

COLOURS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
WIDTH = 78


def colourful():
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def paint(text, *styles):
    if not colourful():
        return text
    return "".join(f"\x1b[{COLOURS[style]}m" for style in styles) + text + "\x1b[0m"


def say(text=""):
    print(text, flush=True)


class Steps:
    def __init__(self):
        self.count = 0

    def begin(self, title):
        self.count += 1
        say()
        say(paint(f"{self.count}  {title}", "bold"))


def fact(left, right="", note=""):
    """One line of a step: what it is, its value, and a figure at the right."""
    body = f"   {left:<24} {right}"
    gap = " " * max(2, WIDTH - len(body) - len(note))
    say(f"   {left:<24} {right}" + (gap + paint(note, "dim") if note else ""))


def good(text):
    say("   " + paint("✓", "green") + " " + text)


def bad(text):
    say("   " + paint("✗", "red", "bold") + " " + text)


def milliseconds(seconds):
    return f"{seconds * 1000:,.1f} ms" if seconds < 1 else f"{seconds:,.2f} s"


def short(address):
    return f"{address[:8]}…{address[-4:]}"
