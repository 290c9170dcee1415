// A network: from its steps, as network.py lists them, to all activations for an image.

import { conv2d, dense } from "./convolution.js";
import { activate, batchNorm, combine, mean, softmax, take, tensor } from "./nn.js";
import { adaptivePool2d, pool2d } from "./pooling.js";

// What each kind of step computes from the tensors that it reads.
const STEPS = {
  constant: (_, step) => step.value,
  conv2d: ([input], step) => conv2d(input, step.weight, step),
  dense: ([input], step) => dense(input, step.weight, step.bias),
  batchNorm: ([input], step) => batchNorm(input, step),
  maxPool2d: ([input], step) => pool2d(input, { ...step, kind: "max" }),
  averagePool2d: ([input], step) => pool2d(input, { ...step, kind: "average" }),
  adaptiveMaxPool2d: ([input], { size }) => adaptivePool2d(input, { size, kind: "max" }),
  adaptiveAveragePool2d: ([input], { size }) => adaptivePool2d(input, { size, kind: "average" }),
  activate: ([input], { activation, options }) => activate(input, activation, options),
  softmax: ([input], step) => softmax(input, step),
  mean: ([input], { axes }) => mean(input, axes),
  take: ([input], { places, fill }) => take(input, places, fill),
  reshape: ([input]) => input,
  concatenate: (inputs, { shape }) => {
    const joined = tensor(shape);
    let end = 0;
    for (const { data } of inputs) joined.data.set(data, (end += data.length) - data.length);
    return joined;
  },
  add: ([one, other]) => combine(one, other, "add"),
  subtract: ([one, other]) => combine(one, other, "subtract"),
  multiply: ([one, other]) => combine(one, other, "multiply"),
  divide: ([one, other]) => combine(one, other, "divide"),
};

// The activations of all steps, in their order: the first is the image, the last what the network says.
// off: for a step's number, the channels that are set to zero before anything reads them.
export function activations(steps, image, off = {}) {
  const found = [];
  steps.forEach((step, number) => {
    const inputs = step.inputs.map(source => found[source]);
    const { data } = step.kind == "input" ? image : STEPS[step.kind](inputs, step);
    found.push({ shape: step.shape, data: off[number] ? silenced(data, off[number], step.shape) : data });
  });
  return found;
}

function silenced(data, channels, shape) {
  const left = data.slice(), size = data.length / shape[0];
  for (const channel of channels) left.fill(0, channel * size, (channel + 1) * size);
  return left;
}

export const ACTIVATION_NAMES = {
  relu: "ReLU", relu6: "ReLU6", leakyRelu: "leaky ReLU", elu: "ELU", silu: "SiLU", gelu: "GELU", geluTanh: "GELU",
  hardSigmoid: "hard sigmoid", hardSwish: "hard swish",
};

// A step in words, as diagrams name it: "conv 5×5, padding 2".
export function inWords({ kind, weight, size, stride, padding, dilation, groups, activation, shape }) {
  const option = (name, value, usual) =>
    value?.some(length => length != usual) ? `, ${name} ${value[0] == value[1] ? value[0] : value.join("×")}` : "";
  const further = option("stride", stride, 1) + option("padding", padding, 0) + option("dilation", dilation, 1);
  switch (kind) {
    case "conv2d": return `conv ${weight.shape.slice(2).join("×")}${further}${groups > 1 ? `, ${groups} groups` : ""}`;
    case "maxPool2d": return `max pool ${size.join("×")}${further}`;
    case "averagePool2d": return `avg pool ${size.join("×")}${further}`;
    case "adaptiveMaxPool2d": return `max pool to ${shape.slice(1).join("×")}`;
    case "adaptiveAveragePool2d": return `avg pool to ${shape.slice(1).join("×")}`;
    case "activate": return ACTIVATION_NAMES[activation] ?? activation;
    case "batchNorm": return "batch norm";
    case "take": return "pad or slice";
    case "concatenate": return "join";
    default: return kind;
  }
}
