"""Frames that are made by hand, as a client reads them."""

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from hazelgate.gateway.transports.frames import text_frame


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536, 100_000])
def test_a_text_is_one_frame_of_any_length(length: int) -> None:
    client = ClientProtocol(parse_uri("ws://gateway/"), state=OPEN)
    payload = b"x" * length
    client.receive_data(text_frame(payload))
    [frame] = client.events_received()
    assert isinstance(frame, Frame)
    assert (frame.opcode, frame.fin, bytes(frame.data)) == (Opcode.TEXT, True, payload)
