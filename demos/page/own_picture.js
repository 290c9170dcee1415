// The user's own picture: from a file, by paste or drop, or from the camera. Shrunk in the page and sent nowhere.

import { element } from "./draw.js";
import { button } from "./controls.js";
import { tensor } from "./nn.js";
import { phrase } from "./phrase.js";

export const OWN_PICTURE = "Your own picture";
const SIDE = 112; // pixels of its longer side: what a kernel of 21x21 filters within a frame

// Two buttons in the demo's tools. A picture that arrives becomes an option of `choice`, and is chosen;
// `demo.controls.own` holds it, (H, W) in [0, 1] or as `shrink` makes it, or null.
export function ownPicture(demo, choice, shrink = shrunk) {
  const own = demo.hidden("own", null);
  const take = picture => {
    chooseOwn(choice);
    own.set(picture);
  };
  const read = async file => {
    try {
      take(shrink(await createImageBitmap(file)));
    } catch {
      choice.complain(file.name ? phrase("{file} is not a picture that this browser can read.", { file: file.name })
        : phrase("What was pasted is not a picture that this browser can read."));
    }
  };
  const input = element("input", { type: "file", accept: "image/*", hidden: "", "aria-label": phrase("Picture file") });
  input.addEventListener("change", () => input.files.length && read(input.files[0]).then(() => (input.value = "")));
  demo.button(phrase("Own picture…"), () => input.click()).after(input);
  const dropped = event => [...(event.clipboardData ?? event.dataTransfer).files].find(file => file.type.startsWith("image/"));
  for (const kind of ["paste", "drop"]) {
    demo.root.addEventListener(kind, event => {
      const file = dropped(event);
      if (!file) return;
      event.preventDefault();
      event.stopPropagation();
      read(file);
    });
  }
  demo.root.addEventListener("dragover", event => event.preventDefault());
  camera(demo, choice, picture => take(shrink(picture)));
}

function chooseOwn(choice) {
  choice.add([OWN_PICTURE, phrase("Your own picture")]);
  choice.value = OWN_PICTURE;
}

// While the camera is on, every frame of it is filtered; it goes off when another picture is chosen or the demo leaves.
function camera(demo, choice, take) {
  const video = element("video", { playsinline: "", muted: "" });
  const off = () => {
    video.srcObject?.getTracks().forEach(track => track.stop());
    video.srcObject = null;
    toggle.textContent = phrase("Camera");
  };
  const follow = () => {
    if (!video.srcObject) return;
    if (choice.value != OWN_PICTURE || !demo.root.isConnected) return off();
    if (!document.hidden && video.videoWidth) take(video);
    requestAnimationFrame(follow);
  };
  const toggle = demo.button(phrase("Camera"), async () => {
    if (video.srcObject) return off();
    toggle.disabled = true; // while the browser asks whether it may
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 240 } });
      await video.play();
      chooseOwn(choice);
      toggle.textContent = phrase("Camera off");
      follow();
    } catch (error) {
      off();
      choice.complain(phrase("No camera: {error}.", { error: error.message }));
    } finally {
      toggle.disabled = false;
    }
  });
  if (!navigator.mediaDevices?.getUserMedia) {
    toggle.disabled = true;
    toggle.title = phrase("This browser gives a page like this one no camera");
  }
}

// A picture in grey, (H, W) in [0, 1], at most SIDE pixels long.
function shrunk(source) {
  const [width, height] = sizeOf(source), scale = Math.min(1, SIDE / Math.max(width, height));
  const columns = Math.max(1, Math.round(width * scale)), rows = Math.max(1, Math.round(height * scale));
  return greyOf(pixelsOf(source, [0, 0, width, height], columns, rows), rows, columns);
}

// The middle of a picture in the shape of a network's input, (1 or 3, rows, columns), in [0, 1].
export const cropped = ([channels, rows, columns]) => source => {
  const [width, height] = sizeOf(source), scale = Math.min(width / columns, height / rows);
  const crop = [(width - scale * columns) / 2, (height - scale * rows) / 2, scale * columns, scale * rows];
  const pixels = pixelsOf(source, crop, columns, rows), picture = tensor([channels, rows, columns]);
  if (channels == 1) return { ...greyOf(pixels, rows, columns), shape: [1, rows, columns] };
  return { ...picture, data: picture.data.map((_, i) => pixels[4 * (i % (rows * columns)) + Math.floor(i / (rows * columns))] / 255) };
};

const sizeOf = source => [source.videoWidth ?? source.width, source.videoHeight ?? source.height];

// Bytes of red, green, blue and opacity.
function pixelsOf(source, crop, columns, rows) {
  const canvas = element("canvas", { width: columns, height: rows }), context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.fillRect(0, 0, columns, rows);
  context.drawImage(source, ...crop, 0, 0, columns, rows);
  return context.getImageData(0, 0, columns, rows).data;
}

function greyOf(pixels, rows, columns) {
  const grey = (_, i) => (0.299 * pixels[4 * i] + 0.587 * pixels[4 * i + 1] + 0.114 * pixels[4 * i + 2]) / 255;
  return tensor([rows, columns], Float32Array.from({ length: rows * columns }, grey));
}
