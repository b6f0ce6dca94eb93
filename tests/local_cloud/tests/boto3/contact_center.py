"""The one contact center that the tests share, and flows for it."""

import json

from cloud import client


def instance():
    (summary,) = client("connect").list_instances()["InstanceSummaryList"]
    return summary


def flow(*actions):
    """A flow's text, which starts with its first action."""
    start = actions[0]["Identifier"]
    return json.dumps({"Version": "2019-10-30", "StartAction": start, "Actions": list(actions), "Metadata": {}})


def action(identifier, kind, parameters, following, *errors):
    """An action whose errors all lead to `end`."""
    transitions = {"NextAction": following, "Errors": [{"ErrorType": e, "NextAction": "end"} for e in errors]}
    return {"Identifier": identifier, "Type": kind, "Parameters": parameters, "Transitions": transitions}


def say(identifier, text, following):
    return action(identifier, "MessageParticipant", {"Text": text}, following)


def end():
    return {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}


def recording_flow():
    """Streams what the caller says for at most half a minute."""
    participants = [{"ParticipantType": "Customer", "MediaDirections": ["From"]}]
    streaming = {"MediaStreamingState": "Enabled", "MediaStreamType": "Audio", "Participants": participants}
    beep = {"SSML": "<speak><say-as interpret-as=\"expletive\">beep</say-as></speak>"}
    listen = {"InputTimeLimitSeconds": "30", "StoreInput": "False"}
    return flow(
        action("stream", "UpdateContactMediaStreamingBehavior", streaming, "beep", "NoMatchingError"),
        action("beep", "MessageParticipant", beep, "listen"),
        action("listen", "GetParticipantInput", listen, "end",
               "InputTimeLimitExceeded", "NoMatchingCondition", "NoMatchingError"),
        end(),
    )
