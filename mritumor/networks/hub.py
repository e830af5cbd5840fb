"""Whether pre-trained weights can be downloaded at all."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from functools import lru_cache

from huggingface_hub import constants

_PATIENCE = 4.0  # seconds that a silent network may cost


@lru_cache(maxsize=1)
def hub_answers() -> bool:
    """Tell, within seconds, whether the host of the weights answers; asked once.

    The client itself would try again and again, for most of a minute and more. Name
    look-ups have no timeout of their own, hence the thread.
    """
    if constants.HF_HUB_OFFLINE:
        return False
    answered: list[bool] = []
    asking = threading.Thread(target=lambda: answered.append(_answers()), daemon=True)
    asking.start()
    asking.join(_PATIENCE)
    return any(answered)


def _answers() -> bool:
    request = urllib.request.Request(constants.ENDPOINT, method="HEAD")
    try:
        urllib.request.urlopen(request, timeout=_PATIENCE).close()
    except urllib.error.HTTPError:
        return True  # an answer, if not a friendly one
    except (OSError, ValueError):
        return False
    return True
