"""`python -m resnet_viz.exports.event_writer BEGAN FILE…`: events on stdin, as JSON lines, into a file for each arm."""

import json
import math
import sys
from contextlib import ExitStack, closing
from typing import Any

import numpy as np

BINS = 30


def main() -> None:
    """Write until stdin ends; BEGAN is the wall time of the first event of each file."""
    absent: Any = None  # what Python takes for a module that can't be imported
    sys.modules["torch"] = absent  # tensorboardX imports it where it can: that takes seconds
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.proto.summary_pb2 import Summary
    from tensorboardX.record_writer import RecordWriter
    from tensorboardX.summary import make_histogram

    began, *files = sys.argv[1:]
    with ExitStack() as stack:
        writers = [stack.enter_context(closing(RecordWriter(file))) for file in files]
        for writer in writers:
            writer.write(Event(wall_time=float(began), file_version="brain.Event:2").SerializeToString())
        for line in sys.stdin:
            said = json.loads(line)
            values = [
                Summary.Value(tag=tag, simple_value=math.nan if value is None else value)
                for tag, value in said["values"].items()
            ]
            for tag, many in said["histogram"].items():
                values.append(Summary.Value(tag=tag, histo=make_histogram(np.array(many), BINS)))
            event = Event(wall_time=said["wall_time"], step=said["step"], summary=Summary(value=values))
            writers[said["arm"]].write(event.SerializeToString())


if __name__ == "__main__":
    main()
