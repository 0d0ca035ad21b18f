import { afterEach, expect, it, vi } from 'vitest'
import { onGround } from '../../../../renderer/src/charts/on-ground'

afterEach(() => { vi.restoreAllMocks() })

it('paints the ground first and the chart over it, in its size (catches a picture whose labels are not seen on white)', () => {
  const source = Object.assign(document.createElement('canvas'), { width: 640, height: 320 })
  const done: unknown[] = []
  const context = {
    fillStyle: '',
    fillRect(...area: number[]) { done.push(['fill', this.fillStyle, ...area]) },
    drawImage(...drawn: unknown[]) { done.push(['draw', ...drawn]) },
  }
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(context as never)
  const picture = onGround(source, 'rgb(14, 17, 18)')
  expect([picture.width, picture.height]).toEqual([640, 320])
  expect(picture).not.toBe(source)
  expect(done).toEqual([['fill', 'rgb(14, 17, 18)', 0, 0, 640, 320], ['draw', source, 0, 0]])
})
