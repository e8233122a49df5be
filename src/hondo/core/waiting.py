"""The logger that is told what a user waits for; the command line shows it, a library user never sees it.

``WAITING.info("compiling %s", name)`` begins a wait, ``WAITING.info("")`` ends it; with a count,
``WAITING.info("predicting", extra={"done": 3, "total": 10})``, where a total of None is not known.
"""

import logging

WAITING = logging.getLogger("hondo-waiting")
