// Functions that a program's source brings along where it calls them. Each is one `const`, whatever it calls another.

const $read = (value, into, shape, path) => {
  let at = 0;
  const fill = (part, axis) => {
    if (axis === shape.length) {
      if (typeof part !== "number" && typeof part !== "boolean") {
        throw new TypeError(`${path} holds ${part}, which is no number`);
      }
      into[at++] = Number(part);
      return;
    }
    if (part === null || typeof part !== "object" || part.length !== shape[axis]) {
      throw new TypeError(`${path} has not the shape [${shape}] that the program was traced with`);
    }
    for (let i = 0; i < shape[axis]; i++) fill(part[i], axis + 1);
  };
  fill(value, 0);
  return into;
};

const $nested = (from, start, shape, strides, axis = 0) =>
  axis === shape.length
    ? from[start]
    : Array.from({length: shape[axis]}, (_, i) => $nested(from, start + i * strides[axis], shape, strides, axis + 1));

const $row = (i, n) => {
  if (!(i >= -n && i < n)) throw new RangeError(`index ${i} is out of bounds for ${n}`);
  return i < 0 ? i + n : i;
};

const $class = (i, n) => {
  if (!(i >= 0 && i < n)) throw new RangeError(`${i} is not one of the ${n} from 0 on`);
  return i;
};

const $power = (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b);

const $rint = (a) => {
  const r = Math.round(a);
  return r - a === 0.5 && r % 2 !== 0 ? r - 1 : r;
};

const $remainder = (a, b) => {
  const r = a % b;
  return r === 0 ? (b < 0 ? -0 : 0) : b < 0 !== r < 0 ? r + b : r;
};

const $floor_divide = (a, b) => {
  if (b === 0) return a / b;
  const r = a % b;
  const q = (a - r) / b - (r !== 0 && b < 0 !== r < 0 ? 1 : 0);
  const f = Math.floor(q);
  return q === 0 ? 0 * Math.sign(a / b) : q - f > 0.5 ? f + 1 : f;
};

const $logaddexp = (a, b) =>
  a === b ? a + Math.LN2 : a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));

const $logaddexp2 = (a, b) => $logaddexp(a * Math.LN2, b * Math.LN2) / Math.LN2;

const $fmax = (a, b) => (a !== a ? b : b !== b ? a : Math.max(a, b));

const $fmin = (a, b) => (a !== a ? b : b !== b ? a : Math.min(a, b));

const $clip = (x, low, high) => Math.min(Math.max(x, low), high);

const $finite = (x, nan, high, low) => (x !== x ? nan : x === Infinity ? high : x === -Infinity ? low : x);

const $sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

const $bits = (a, b, f) => Number(f(BigInt(a), BigInt(b)));
