// A sound demo with each kind of control, or one with the fault that `data.fault` names.

import { tensor } from "../../demos/page/nn.js";
import { BadInput } from "../../demos/page/demo.js";

export function toys(demo, data) {
  const shift = demo.slider("shift", "Shift", { min: 0, max: 9, value: 3 });
  demo.choice("kind", "Kind", { options: ["straight", "turned"] });
  demo.check("flip", "Flip");
  const gain = demo.text("gain", "Gain", { value: "1", rows: 1 });
  demo.player("frame", "Frame", { frames: 5 });
  demo.layout({ wide: '"left" minmax(0, 1fr) / minmax(0, 1fr)', narrow: '"left" auto / minmax(0, 1fr)' });
  const picture = demo.picture({ area: "left", title: "Noise", point: (row, column) => ((shift.value = column % 9), demo.redraw()) });
  if (data.fault == "small") shift.input.style.cssText = "height: 9px; min-height: 0";
  if (data.fault == "wide") picture.node.style.width = "2000px";
  return controls => {
    if (!Number(gain.value)) throw new BadInput(gain, "A gain is a number, and not 0.");
    if (data.fault == "draw" && controls.kind.value == "turned") throw new Error("planted in draw");
    if (data.fault == "height" && controls.frame.value) demo.root.style.paddingBottom = "99px";
    const flip = controls.flip.value && data.fault != "idle" ? 1 : 0;
    const [rows, columns] = data.image.shape, image = tensor(data.image.shape);
    image.data.forEach((_, i) => {
      const from = controls.kind.value == "turned" ? (i % columns) * columns + Math.floor(i / columns) : i;
      image.data[i] = Math.abs(flip - data.image.data[(from + controls.shift.value + controls.frame.value * columns) % (rows * columns)]) * gain.value;
    });
    return { picture: picture.show(image) };
  };
}
