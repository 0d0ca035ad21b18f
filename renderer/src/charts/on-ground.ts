/** A copy of a canvas, pixel for pixel, on a ground of this colour. */
export function onGround(source: HTMLCanvasElement, ground: string): HTMLCanvasElement {
  const copy = document.createElement('canvas')
  copy.width = source.width
  copy.height = source.height
  const context = copy.getContext('2d')
  if (context === null) return source
  context.fillStyle = ground
  context.fillRect(0, 0, copy.width, copy.height)
  context.drawImage(source, 0, 0)
  return copy
}
