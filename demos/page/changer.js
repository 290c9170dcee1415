// Controls that change a network: switch a channel off, replace a kernel; what they show is of the unit that is chosen.

import { KERNELS, TRAINED, TYPED, changeOf, changed, classicInPlace, kernelAt, readKernel, typedKernel } from "./changes.js";
import { phrase } from "./phrase.js";

const LARGEST_KERNEL = 7;

export class Changer {
  // able: whether the page computes the network.
  constructor(demo, steps, able) {
    Object.assign(this, { steps, able, names: ["off", "kernel", "numbers"] });
    this.hidden = demo.hidden("changes", []);
    this.off = demo.check("off", phrase("Switch channel off"));
    this.kernel = demo.choice("kernel", phrase("Kernel"), { options: Object.entries(KERNELS) });
    this.numbers = demo.text("numbers", phrase("Its numbers"), { value: "", rows: 5 });
    this.shown = { off: false, kernel: TRAINED, numbers: "" };
  }

  get changes() {
    return this.hidden.value;
  }

  // Take over what was moved since `show`, as a change of a channel, or of its kernel for one of the maps that it reads.
  follow(step, channel, from) {
    const moved = Object.fromEntries(this.names.map(name => [name, this.able && this[name].value !== this.shown[name]]));
    moved.numbers &&= this.numbers.value != "" && (!moved.kernel || this.kernel.value == TYPED); // it starts empty
    this.typing = moved.numbers;
    const note = change => (this.hidden.value = changed(this.changes, change));
    if (moved.off) note({ step, channel, off: this.off.value });
    if (!moved.kernel && !moved.numbers) return;
    const trained = this.steps[step].kind == "conv2d" && kernelAt(this.steps[step], channel, from);
    if (!trained) return;
    const kind = moved.numbers ? TYPED : this.kernel.value, change = { step, channel, from };
    const before = changeOf(this.changes, change)?.numbers;
    const numbers = moved.numbers ? readKernel(this.numbers, { shape: trained.shape, data: before ?? trained.data })
      : kind == TYPED ? before ?? Array.from(trained.data) : kind == TRAINED ? null : classicInPlace(kind, trained);
    note({ ...change, kind, numbers });
  }

  show(step, channel, from) {
    const has = this.able && this.steps[step].kind == "conv2d", trained = has && kernelAt(this.steps[step], channel, from);
    const change = changeOf(this.changes, { step, channel, from }), small = trained && Math.max(...trained.shape) <= LARGEST_KERNEL;
    this.off.value = Boolean(changeOf(this.changes, { step, channel })?.off);
    this.kernel.value = change?.kind ?? TRAINED;
    if (!this.typing) this.numbers.value = small ? typedKernel({ shape: trained.shape, data: change?.numbers ?? trained.data }) : "";
    [this.off.enabled, this.kernel.enabled, this.numbers.enabled] = [this.able, Boolean(has), Boolean(small)];
    this.shown = { off: this.off.value, kernel: this.kernel.value, numbers: this.numbers.value };
  }
}
