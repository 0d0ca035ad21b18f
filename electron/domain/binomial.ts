const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI)

/** ln(n!) for an integer n >= 0: summed below 32, above by Stirling's series, whose next term is under 1e-16 there. */
export function logFactorial(n: number): number {
  if (n < 32) {
    let product = 1
    for (let k = 2; k <= n; k++) product *= k
    return Math.log(product)
  }
  const inverse = 1 / n
  const square = inverse * inverse
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188))))
  return n * Math.log(n) - n + 0.5 * Math.log(n) + halfLogTwoPi + series
}

/**
 * ln P(X <= k) for X ~ Binomial(n, 1/2) and k <= n/2. The terms fall from k down, so they are summed relative to the largest;
 * in logarithms, since 2^-n leaves the range of a double at n = 1075.
 */
export function logLowerTailOfHalf(k: number, n: number): number {
  let term = 1
  let sum = 1
  for (let i = k; i > 0 && term > 1e-18; i--) {
    term *= i / (n - i + 1)
    sum += term
  }
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k) - n * Math.LN2 + Math.log(sum)
}
