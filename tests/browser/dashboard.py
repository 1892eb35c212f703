"""The trader's page in a real browser, over a system of real processes.

dashboard.py DIRECTORY_OF_BINARIES [--picture FILE]

Needs chromium and chromedriver (on Debian: chromium, chromium-driver) and nothing else. With --picture
it takes one for the README instead of testing.
"""

import argparse
import pathlib
import sys
import tempfile
import time

from browser import Browser
from system import System

WIDTHS = (360, 1280)
SCHEMES = ("light", "dark")

STATE = "return document.querySelector('.state').innerText.startsWith(arguments[0])"
IN_RED = """
const cause = [...document.querySelectorAll('#causes .cause')].find((it) => it.innerText.startsWith(arguments[0] + ' '));
if (!cause) return false;
const [red, green, blue] = getComputedStyle(cause).color.match(/\\d+/g).map(Number);
return red > green + 60 && red > blue + 60;
"""
FOCUSED_MINUTE = "return document.activeElement.getAttribute('href')?.startsWith('/minute?at=')"
TOO_WIDE = "return document.documentElement.scrollWidth > document.documentElement.clientWidth"

# Texts that stand out from what is behind them by less than 4.5 to 1, as WCAG counts.
FAINT = """
const light = (colour) => {
  const [r, g, b] = colour.map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const colour = parts(getComputedStyle(at).backgroundColor);
    if (colour.length === 3 || colour[3] === 1) return colour;
  }
  return [255, 255, 255];
};
const faint = [];
for (const element of document.querySelectorAll('body *')) {
  const says = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  if (!says || element.closest('.aside') || !element.checkVisibility()) continue;
  const style = getComputedStyle(element);
  const front = parts(element instanceof SVGElement ? style.fill : style.color);
  const [a, b] = [light(front), light(behind(element))].sort((x, y) => y - x);
  const contrast = (a + 0.05) / (b + 0.05);
  if (contrast < 4.5) faint.push(`${element.tagName}.${element.className} ${contrast.toFixed(2)}`);
}
return faint;
"""


def step(says):
    print(f"{time.monotonic() - STARTED:6.1f} s  {says}", flush=True)


STARTED = time.monotonic()


class Story:
    """What is done to the system, and what the page has to say then."""

    def __init__(self, system, browser):
        self.system, self.browser = system, browser
        self.signals = [system.generator("g1"), system.generator("g2"), system.generator("g3")]
        self.page = system.trader()
        self.groups = {"carry": self.signals[:1], "momentum": self.signals[1:], "X": self.signals[2:]}
        for name in self.groups:
            self.start(name)

    def start(self, name):
        self.system.strategy(name, self.groups[name])

    def reaches(self, state):
        self.browser.until(f"state {state}", STATE, state)

    def told(self):
        return [
            self.loads,
            self.fits,
            self.says_who_was_killed,
            self.recovers,
            self.says_why_somebody_abstains,
            self.works_by_keyboard,
            self.says_that_the_trader_is_lost,
            self.deregisters,
        ]

    def loads(self):
        browser = self.browser
        browser.go(self.page)
        self.reaches("OK")
        browser.until(
            "a median of three",
            "return /^\\d[.\\d]*\\s+median of 3 decisions/.test(document.querySelector('.median').innerText)",
        )
        assert browser.run("return document.title").startswith("OK "), "the tab says so"
        assert browser.role("#state") == "status", browser.role("#state")
        browser.run("window.stays = true")
        before = browser.run("return document.querySelector('#median').innerText")
        browser.until(
            "the next median",
            "return document.querySelector('#median').innerText !== arguments[0]",
            before,
        )
        assert browser.run("return window.stays"), "it was not loaded anew"

    def fits(self):
        browser = self.browser
        for scheme in SCHEMES:
            for width in WIDTHS:
                browser.shape(width, 800, scheme)
                self.looks_well(f"{width} px, {scheme}")

    def looks_well(self, where):
        browser = self.browser
        browser.run("document.querySelector('details')?.setAttribute('open', '')")
        assert not browser.run(TOO_WIDE), f"wider than the page at {where}"
        assert browser.run(FAINT) == [], f"{browser.run(FAINT)} at {where}"

    def says_who_was_killed(self):
        browser = self.browser
        self.system.kill("X")
        self.reaches("ERROR")
        for scheme in SCHEMES:
            browser.shape(360, 800, scheme)
            browser.until("X in red", IN_RED, "X")
            self.looks_well(f"an error, {scheme}")
        assert "no median" in browser.text(), browser.text()
        cell = "td.disconnected:last-child"
        browser.until("its cell", "return !!document.querySelector(arguments[0])", cell)
        said = browser.label(cell)
        assert said.startswith("X, ") and "disconnected, no session" in said, said
        assert browser.role(cell) == "cell", browser.role(cell)

    def recovers(self):
        self.start("X")
        self.reaches("OK")

    def says_why_somebody_abstains(self):
        browser = self.browser
        self.system.kill("g1")
        self.reaches("ERROR")
        browser.until("carry in red", IN_RED, "carry")
        cell = "td.abstained:last-child"
        browser.until("its cell", "return !!document.querySelector(arguments[0])", cell)
        said = browser.label(cell)
        assert said.startswith("carry, ") and "abstained, " in said, said
        assert self.signals[0] in said, f"it names the generator: {said}"
        self.system.generator("g1", self.signals[0])
        self.reaches("OK")

    def works_by_keyboard(self):
        browser = self.browser
        browser.go(self.page)
        for _ in range(8):
            browser.press("Tab")
            if browser.run(FOCUSED_MINUTE):
                break
        minute = browser.run("return document.activeElement.getAttribute('href')")
        assert minute and minute.startswith("/minute?at="), minute
        outline = "return parseFloat(getComputedStyle(document.activeElement).outlineWidth)"
        assert browser.run(outline) >= 2, "where one is, is seen"
        version = browser.run("return document.getElementById('now').dataset.version")
        browser.until(
            "the next version",
            "return document.getElementById('now').dataset.version !== arguments[0]",
            version,
        )
        still = browser.run("return document.activeElement.getAttribute('href')")
        assert still == minute, f"one stays where one was: {minute}, {still}"
        browser.press("Enter")
        browser.until("the minute", "return document.querySelector('h1').innerText.startsWith('Minute ')")
        text = browser.text()
        for name in self.groups:
            assert name in text, f"{name} spoke: {text}"
        self.looks_well("the page of a minute")
        browser.back()
        self.reaches("OK")
        assert browser.complaints() == [], "nothing is refused, nothing fails"

    def says_that_the_trader_is_lost(self):
        browser = self.browser
        self.system.kill("trader")
        browser.until("that it is lost", "return document.getElementById('lost').innerText.startsWith('Lost the trader')")
        browser.until("that the median has lapsed", "return document.querySelector('#median').innerText.includes('lapsed')")
        self.looks_well("without the trader")
        self.system.trader()
        browser.until("that it is back", "return document.getElementById('lost').innerText === ''")
        self.reaches("OK")
        browser.complaints()

    def deregisters(self):
        browser = self.browser
        link = "a.act[href='/deregister?name=momentum']"
        browser.click(link)
        browser.until("a question", "return document.querySelector('h1').innerText === 'Deregister momentum?'")
        self.looks_well("the question")
        browser.click("form a")
        self.reaches("OK")
        assert browser.run("return !!document.querySelector(arguments[0])", link), "it was kept"
        browser.click(link)
        browser.until("a question", "return !!document.querySelector('form')")
        browser.type("input[name=operator]", "Ann <b>")
        browser.click("button")
        done = "Strategy momentum is off the list, durably, by Ann <b>."
        browser.until("that it is done", "return document.body.innerText.includes(arguments[0])", done)
        browser.click("main a")
        self.reaches("OK")
        browser.until("a median of two", "return document.querySelector('.median').innerText.includes('median of 2 decisions')")
        assert not browser.run("return !!document.querySelector(arguments[0])", link), "it is gone"
        assert browser.complaints() == [], "nothing is refused, nothing fails"


def pictured(story, file):
    """Most of an hour, with somebody who abstained, and somebody who was killed."""
    browser = story.browser
    browser.shape(1280, 800, "light")
    browser.go(story.page)
    ended = "return document.querySelectorAll('.ends td').length >= arguments[0]"
    story.reaches("OK")
    browser.until("some minutes", ended, 12)
    story.says_why_somebody_abstains()
    browser.until("more minutes", ended, 24)
    browser.until("more minutes", ended, 36)
    story.says_who_was_killed()
    browser.shape(1280, 800, "light")
    browser.until("the whole page", "window.scrollTo(0, 0); return !document.querySelector('details').removeAttribute('open')")
    time.sleep(1)
    browser.picture(file)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries", type=pathlib.Path)
    parser.add_argument("--picture", type=pathlib.Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        system, browser = System(asked.binaries, directory), Browser()
        try:
            story = Story(system, browser)
            if asked.picture:
                pictured(story, asked.picture)
                return
            for part in story.told():
                part()
                step(part.__name__.replace("_", " "))
        except BaseException:
            print(system.logs(), file=sys.stderr)
            raise
        finally:
            system.end()
            browser.end()


if __name__ == "__main__":
    main()
