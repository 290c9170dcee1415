// The Leung-Malik bank: choose one of its filters, and see the response of a picture to it.

import { magnitude, pad, tensor } from "./page/nn.js";
import { convolveSpectra, powerOfTwo, spectrum } from "./page/fourier.js";
import { Mosaic } from "./page/mosaic.js";
import { phrase } from "./page/phrase.js";

const SIDE_OF_FILTER = 49, MIDDLE = 24;

// data.pictures: {name: (H, W) in [0, 1]}.
export function filterBank(demo, data) {
  const bank = leungMalikBank(), tiles = new Mosaic(bank.length, SIDE_OF_FILTER, SIDE_OF_FILTER, 6, 2);
  const choice = demo.choice("picture", phrase("Picture"), { options: Object.keys(data.pictures) });
  const number = demo.slider("number", phrase("Filter"), { min: 1, max: bank.length, value: 1, text: value => phrase("{number} of {count}", { number: value, count: bank.length }) });
  demo.layout({ wide: '"bank picture response" minmax(0, 1fr) "bank filter response" minmax(0, 1fr) / ' +
                      "minmax(0, 3fr) minmax(0, 2fr) minmax(0, 4fr)",
                narrow: '"bank response" auto "picture filter" auto / minmax(0, 1fr) minmax(0, 1fr)',
                top: true });
  const choose = (row, column) => {
    number.value = tiles.at(row, column) + 1;
    demo.redraw();
  };
  const mosaic = demo.picture({ area: "bank", colors: "signed", title: phrase("Click a filter"), alt: phrase("The bank"), point: choose, press: true });
  const picture = demo.picture({ area: "picture", alt: phrase("The picture") });
  const filter = demo.picture({ area: "filter", colors: "signed", alt: phrase("The chosen filter") });
  const response = demo.picture({ area: "response", colors: "signed", title: phrase("Response"), alt: phrase("The response of the picture to the filter") });
  demo.legend([["window", phrase("the chosen filter of the bank, in which each is scaled to ±1")]]);
  const scaled = ({ shape, data }) => tensor(shape, data.map(value => value / magnitude({ data })));
  const drawn = { bank: mosaic.show(tiles.join(bank.map(({ weights }) => scaled(weights))), 1) }; // it never changes
  // For 120x120 pixels a response takes 35 million products, or two Fourier transforms: a fifth of the time. The
  // picture's own is kept. Its border is repeated outwards.
  const spectra = new Map();
  const spectrumOf = name => {
    if (!spectra.has(name)) {
      const padded = pad(data.pictures[name], [MIDDLE, MIDDLE, MIDDLE, MIDDLE]);
      spectra.set(name, spectrum(padded, powerOfTwo(Math.max(...padded.shape))));
    }
    return spectra.get(name);
  };

  return () => {
    const k = number.value - 1, image = data.pictures[choice.value], transformed = spectrumOf(choice.value);
    mosaic.mark("chosen", ...tiles.place(k), SIDE_OF_FILTER, SIDE_OF_FILTER);
    picture.title = choice.shown;
    filter.title = phrase("{kind}, scale {scale}", { kind: bank[k].kind, scale: bank[k].scale.toFixed(1) });
    drawn.picture = picture.show(image);
    drawn.filter = filter.show(bank[k].weights);
    drawn.response = response.show(convolveSpectra(transformed, spectrum(bank[k].weights, transformed.size), image.shape));
    return drawn;
  };
}

// The 48 filters as `filters.leung_malik_bank` computes them, in its order: 18 edges and 18 bars, three times as long
// as wide, at three scales and six angles; 8 blobs; 4 blurs. T. Leung, J. Malik, "Representing and recognizing the
// visual appearance of materials using three-dimensional textons", IJCV 43 (2001).
function leungMalikBank() {
  const scales = [1, 2, 3, 4].map(power => Math.SQRT2 ** power), bank = [];
  const add = (kind, scale, samples, zeroMean = true) => bank.push({ kind, scale, weights: bankFilter(samples, zeroMean) });
  for (const [named, profile] of [[angle => phrase("Edge {angle}°", { angle }), across => -across], [angle => phrase("Bar {angle}°", { angle }), across => 1 - across ** 2]]) {
    for (const scale of scales.slice(0, 3)) {
      for (let angle = 0; angle < 180; angle += 30) {
        const [cosine, sine] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
        add(named(angle), scale, (down, right) => {
          const along = (right * cosine - down * sine) / (3 * scale), across = (right * sine + down * cosine) / scale;
          return profile(across) * Math.exp(-(across ** 2 + along ** 2) / 2);
        });
      }
    }
  }
  for (const scale of [...scales, ...scales.map(scale => 3 * scale)]) {
    add(phrase("Blob"), scale, (down, right) => {
      const square = (down ** 2 + right ** 2) / scale ** 2;
      return (square - 2) * Math.exp(-square / 2);
    });
  }
  for (const scale of scales) add(phrase("Blur"), scale, (down, right) => Math.exp(-(down ** 2 + right ** 2) / (2 * scale ** 2)), false);
  return bank;
}

// (49, 49) samples around the middle, their mean taken off; their magnitudes add up to 1.
function bankFilter(samples, zeroMean) {
  const values = new Float64Array(SIDE_OF_FILTER ** 2);
  for (let i = 0; i < values.length; i++)
    values[i] = samples(Math.floor(i / SIDE_OF_FILTER) - MIDDLE, (i % SIDE_OF_FILTER) - MIDDLE);
  const mean = zeroMean ? values.reduce((a, b) => a + b) / values.length : 0;
  const total = values.reduce((sum, value) => sum + Math.abs(value - mean), 0);
  return tensor([SIDE_OF_FILTER, SIDE_OF_FILTER], Float32Array.from(values, value => (value - mean) / total));
}
