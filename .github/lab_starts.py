"""Start the lab with the command given, see that its address answers, and stop it.

    python .github/lab_starts.py make lab ARGS=--no-browser

Standard library only. The exit status is 0 if the address was printed and answered.
"""

import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http import HTTPStatus

LONGEST = 900  # seconds, with the set-up
ADDRESS = re.compile(r"http://(?:localhost|127\.0\.0\.1):\d+/\S*")


def stop(lab: "subprocess.Popen[str]") -> None:
    """Stop the lab and all that it started."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(lab.pid)], check=False)  # noqa: S603, S607
    else:
        os.killpg(lab.pid, signal.SIGTERM)


def answers(address: str) -> bool:
    """Tell whether a page comes from `address`, which may need a moment more than its printing."""
    for _ in range(30):
        try:
            with urllib.request.urlopen(address, timeout=60) as page:  # noqa: S310 - see ADDRESS
                return bool(page.status == HTTPStatus.OK)
        except urllib.error.URLError as error:
            print(error)
            time.sleep(1)
    return False


def main() -> int:
    """Return the exit status."""
    lab = subprocess.Popen(  # noqa: S603 - the command of our own workflow
        sys.argv[1:],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    alarm = threading.Timer(LONGEST, stop, [lab])
    alarm.start()
    answered = False
    try:
        for line in lab.stdout or []:
            print(line, end="", flush=True)
            address = ADDRESS.search(line)
            if address:
                answered = answers(address[0])
                break
    finally:
        alarm.cancel()
        stop(lab)
    print("\nThe lab answered." if answered else "\nThe lab printed no address.")
    return 0 if answered else 1


if __name__ == "__main__":
    sys.exit(main())
