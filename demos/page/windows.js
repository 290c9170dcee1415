// What a unit reads: its window in the layers before, and its receptive field in the image.
//
// A box is [first, end) along each of the three axes (channels, rows, columns); a vector has one row and one column.

// A shape as (channels, rows, columns).
export function solid(shape) {
  return [shape[0] ?? 1, shape[1] ?? 1, shape.slice(2).reduce((a, b) => a * b, 1)];
}

export const boxOf = ([channel, row, column]) => [[channel, channel + 1], [row, row + 1], [column, column + 1]];

// A channel, row and column as the number of an entry, and back.
export const entryOf = ([channel, row, column], shape) => (channel * solid(shape)[1] + row) * solid(shape)[2] + column;

export function unitOf(entry, shape) {
  const [, rows, columns] = solid(shape);
  return [Math.floor(entry / (rows * columns)), Math.floor(entry / columns) % rows, entry % columns];
}

// Windows of a convolution or a pooling along an axis of the image: those of units [first, end).
function slid([first, end], { size, stride, padding, dilation }, axis) {
  const start = first * stride[axis] - padding[axis];
  return [start, (end - 1) * stride[axis] - padding[axis] + (dilation?.[axis] ?? 1) * (size[axis] - 1) + 1];
}

// The box that the units of a box of a step read of its input k; null if they read nothing there. shapes: of its inputs.
export function windowOf(step, box, shapes, k = 0) {
  const whole = solid(shapes[k]).map(length => [0, length]);
  switch (step.kind) {
    case "conv2d": {
      const share = step.shape[0] / step.groups, [, depth, ...size] = step.weight.shape;
      const channels = [Math.floor(box[0][0] / share) * depth, (Math.floor((box[0][1] - 1) / share) + 1) * depth];
      return [channels, ...[0, 1].map(axis => slid(box[axis + 1], { ...step, size }, axis))];
    }
    case "maxPool2d": case "averagePool2d":
      return [box[0], ...[0, 1].map(axis => slid(box[axis + 1], step, axis))];
    case "adaptiveMaxPool2d": case "adaptiveAveragePool2d":
      return [box[0], ...[1, 2].map(axis => {
        const share = whole[axis][1] / step.size[axis - 1], [first, end] = box[axis];
        return [Math.floor(first * share), Math.ceil(end * share)];
      })];
    case "dense": return whole;
    case "softmax": return box.map((range, axis) => (axis == step.axis ? whole[axis] : range));
    case "mean": {
      const kept = shapes[0].map((length, axis) => (step.axes.includes(axis) ? 1 : length)); // as if it kept its axes
      return reshaped(box, step.shape, kept).map((range, axis) => (step.axes.includes(axis) ? whole[axis] : range));
    }
    case "take": {
      const places = box.map((range, axis) => (step.places[axis] ?? [0]).slice(...range).filter(place => place >= 0));
      return places.every(list => list.length) ? places.map(list => [Math.min(...list), Math.max(...list) + 1]) : null;
    }
    case "concatenate": {
      const before = shapes.slice(0, k).reduce((sum, shape) => sum + shape[0], 0);
      const [first, end] = box[0].map(place => Math.min(Math.max(place - before, 0), shapes[k][0]));
      return first < end ? [[first, end], box[1], box[2]] : null;
    }
    case "reshape": return reshaped(box, step.shape, shapes[0]);
    default: return box.map((range, axis) => (whole[axis][1] == 1 ? [0, 1] : range)); // entry by entry
  }
}

// The smallest box that holds the same entries in another shape.
function reshaped(box, shape, before) {
  const [first, last] = [0, 1].map(end => unitOf(entryOf(box.map(range => range[end] - end), shape), before));
  const [, rows, columns] = solid(before), alike = first[0] == last[0];
  return [[first[0], last[0] + 1], alike ? [first[1], last[1] + 1] : [0, rows],
          alike && first[1] == last[1] ? [first[2], last[2] + 1] : [0, columns]];
}

const cut = (box, shape) => {
  const whole = solid(shape), inside = box.map(([first, end], axis) => [Math.max(first, 0), Math.min(end, whole[axis])]);
  return inside.every(([first, end]) => first < end) ? inside : null;
};

// The box of the image, step 0, on which the units of a box of step `number` depend; null if on none of it. It is the
// smallest one, but for kernels with holes: at the border these may miss its first and last rows and columns.
export const receptiveField = (steps, number, box) => reached(steps, number, box).boxes[0] ?? null;

// Whether the units of a box see padding, in any layer on the way from the image, or nothing of the image at all.
export function seesPadding(steps, number, box) {
  const { boxes, padded } = reached(steps, number, box);
  return padded || !boxes[0];
}

// The boxes on which the units of a box depend, by the number of their step, and whether they depend on padding.
function reached(steps, number, box) {
  const boxes = { [number]: cut(box, steps[number].shape) };
  let padded = false;
  for (let n = number; n > 0; n--) {
    if (!boxes[n]) continue;
    const { inputs } = steps[n], shapes = inputs.map(source => steps[source].shape);
    inputs.forEach((source, k) => {
      const read = windowOf(steps[n], boxes[n], shapes, k), seen = read && cut(read, steps[source].shape);
      padded ||= String(read) != String(seen);
      if (seen) boxes[source] = boxes[source]?.map(([a, b], axis) => [Math.min(a, seen[axis][0]), Math.max(b, seen[axis][1])]) ?? seen;
    });
  }
  return { boxes, padded };
}
