// Random numbers that are the same each time.

// A function that returns normally distributed numbers, mean 0 and standard deviation 1, one a call.
export function normalNumbers() {
  let state = 1;
  const uniform = () => (state = (48271 * state) % 2147483647) / 2147483647; // S. Park, K. Miller, 1988
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
