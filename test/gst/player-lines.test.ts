import t from 'tap';
import { DECODERS, describeDecoder } from '../../src/gst/decoders.js';
import { inspectMachine } from '../../src/gst/machine.js';
import { Gst } from '../../src/gst/native.js';
import { closePipeline, parseLaunch } from '../../src/gst/pipeline.js';
import { CONTAINERS, PIPE_FORMATS } from '../../src/messages/player.js';
import * as lines from '../../src/receiver/player/lines.js';

// The launch lines of the player that this machine can parse: every element and every property exists.

const machine = inspectMachine();

t.test('launch lines that this machine can run', t => {
  const places = [0, 640].map(x => ({ x, y: 0, width: 640, height: 480 }));
  const cases = [
    ...DECODERS.filter(({ element }) => machine.has(element)).flatMap(decoder =>
      [true, false].map(marks =>
        lines.describeReception({ sections: 2, decoder: name => describeDecoder(decoder, machine, name), marks }),
      ),
    ),
    lines.describeReception({ sections: 1, decoder: null, marks: false }),
    lines.describeTile(0, lines.describeTileSink(0, 'fakesink')),
    lines.describeComposition(places, { width: 1280, height: 480 }, 'fakesink'),
    lines.BLACK_FRAME,
    ...CONTAINERS.map(lines.describeRecording),
    ...PIPE_FORMATS.map(lines.describePipe),
    ...(['jpg', 'png'] as const).map(lines.describeSnapshotFile),
  ];
  for (const line of cases) {
    const pipeline = parseLaunch(line);
    t.ok(pipeline.getChildrenCount() > 0, line.slice(0, 80));
    closePipeline(pipeline);
  }
  t.end();
});

t.test('properties that make decoders output frames at once are set if the element has them', t => {
  const all = { gstreamer: '1.24.0', has: () => true, property: () => true };
  const none = { ...all, property: () => false };
  const [jetson] = DECODERS;
  t.match(jetson?.element, 'nvv4l2decoder');
  if (jetson) {
    t.match(
      describeDecoder(jetson, all, 'd'),
      /^nvv4l2decoder name=d .*disable-dpb=true.* ! nvvidconv ! video\/x-raw$/,
    );
    t.equal(describeDecoder(jetson, none, 'd'), 'nvv4l2decoder name=d ! nvvidconv ! video/x-raw');
  }
  t.ok(Gst.ElementFactory.find('avdec_h264'));
  t.end();
});
