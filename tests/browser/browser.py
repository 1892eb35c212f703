"""A browser without a window: WebDriver is JSON over HTTP."""

import base64
import json
import re
import subprocess
import time
import urllib.error
import urllib.request

PATIENCE = 30  # seconds
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"Tab": "\ue004", "Enter": "\ue007"}


class Browser:
    """Chromium, driven by its driver."""

    def __init__(self):
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        port = None
        for line in self.driver.stdout:
            if found := re.search(r"successfully on port (\d+)", line):
                port = found.group(1)
                break
        self.root, self.session = f"http://127.0.0.1:{port}", ""
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        opened = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.session = f"/session/{opened['sessionId']}"

    def _ask(self, method, path, said=None):
        body = None if said is None else json.dumps(said).encode()
        request = urllib.request.Request(self.root + self.session + path, body, method=method)
        try:
            with urllib.request.urlopen(request, timeout=2 * PATIENCE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {json.load(error)['value']['message']}") from None

    def end(self):
        self._ask("DELETE", "")
        self.driver.terminate()
        self.driver.wait()

    def go(self, url):
        self._ask("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        return self._ask("POST", "/execute/sync", {"script": script, "args": arguments})

    def until(self, what, script, *arguments):
        """Waits until the script says something."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if said := self.run(script, *arguments):
                return said
            time.sleep(0.1)
        raise AssertionError(f"not seen: {what}\n{self.text()}")

    def text(self):
        return self.run("return document.body.innerText")

    def find(self, selector):
        found = self._ask("POST", "/element", {"using": "css selector", "value": selector})
        return found[ELEMENT]

    def click(self, selector):
        self._ask("POST", f"/element/{self.find(selector)}/click", {})

    def label(self, selector):
        """What a screen reader calls it."""
        return self._ask("GET", f"/element/{self.find(selector)}/computedlabel")

    def role(self, selector):
        return self._ask("GET", f"/element/{self.find(selector)}/computedrole")

    def type(self, selector, text):
        self._ask("POST", f"/element/{self.find(selector)}/value", {"text": text})

    def press(self, key):
        pressed = [{"type": kind, "value": KEYS[key]} for kind in ("keyDown", "keyUp")]
        self._ask("POST", "/actions", {"actions": [{"type": "key", "id": "k", "actions": pressed}]})

    def back(self):
        self._ask("POST", "/back", {})

    def _chromium(self, command, **parameters):
        self._ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def shape(self, width, height, scheme):
        self._chromium(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self._chromium("Emulation.setEmulatedMedia", features=[feature])

    def complaints(self):
        """What the browser has refused, or could not do."""
        logged = self._ask("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in logged if entry["level"] in ("SEVERE", "WARNING")]

    def picture(self, file):
        file.write_bytes(base64.b64decode(self._ask("GET", "/screenshot")))
