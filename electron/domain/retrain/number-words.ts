/** A loss for people: `0.812`, `2.41e-4` where three decimals would hide it. */
export const lossWords = (value: number): string => (Math.abs(value) >= 0.0995 || value === 0 ? value.toFixed(3) : value.toPrecision(2))

/** `12%`. */
export const percentWords = (ratio: number): string => `${Math.round(ratio * 100)}%`

/** `2e-4`; from a hundredth on `0.05`. */
export const rateWords = (value: number): string => value >= 0.01 ? String(twoDigits(value)) : value.toExponential(2).replace(/\.?0+e/, 'e').replace('e+', 'e')

/** One significant digit, as people write learning rates. */
export const oneDigit = (value: number): number => Number(value.toPrecision(1))

/** Two significant digits. */
export const twoDigits = (value: number): number => Number(value.toPrecision(2))
