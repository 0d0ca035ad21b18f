import { describe, expect, it } from 'vitest'
import { consoleLines, hasMetrics, isProgress, plainConsole, stripAnsi } from '../../../electron/parsing/console-text'
import { meaningfulLines } from '../../../electron/parsing/meaningful-lines'

const bar = '  3%|▎         | 1/30 [00:05<02:30,  5.2s/it]'

describe('console text', () => {
  it('removes colours, cursor moves, titles and links, and keeps the words', () => {
    expect(stripAnsi('\u001b[1;31mError\u001b[0m \u001b]0;title\u0007in \u001b]8;;https://example.org\u001b\\a link\u001b]8;;\u001b\\\u001b[2K\tend')).toBe('Error in a link\tend')
  })

  it('splits at "\\r" as well, since a bar and a message share a line under a pty', () => {
    expect(consoleLines(`${bar}\r${bar}{'loss': '1.5'}\r\n\r\n   \nTraceback\n`)).toEqual([bar, `${bar}{'loss': '1.5'}`, 'Traceback'])
  })

  it('cuts a line without an end before it looks at it (one such line would hold the engine)', () => {
    const started = performance.now()
    expect(consoleLines(`${'\u001b['.repeat(2_000_000)}`, 100)[0]?.length).toBeLessThanOrEqual(100)
    expect(consoleLines('x'.repeat(5_000_000), 100)).toEqual(['x'.repeat(100)])
    for (const line of [`{${"'a': ".repeat(50_000)}`, `${'9'.repeat(50_000)}|`, `{${"'a': 1, ".repeat(50_000)}`, ' '.repeat(50_000)]) {
      hasMetrics(line)
      isProgress(line)
    }
    // Some 0.2 s; a pattern that backtracks takes minutes.
    expect(performance.now() - started).toBeLessThan(20_000)
  })

  it('knows the dict of Transformers 5 (quoted) and 4 (raw), behind a bar, with nan, and takes no other line for one', () => {
    for (const text of ["{'loss': '10.17', 'grad_norm': '7.787', 'learning_rate': '0.002857', 'num_tokens': '1.074e+04', 'epoch': '0.2'}", `${bar}{'loss': 1.83, 'grad_norm': nan, 'epoch': 0.01}`, "{'loss': 'inf', 'eval_loss': '-inf'}"])
      expect(hasMetrics(text)).toBe(true)
    for (const text of ['no dict', '{}', "{'name': 'text only'}", "ValueError: 'loss': 3"]) expect(hasMetrics(text)).toBe(false)
  })

  it('knows tqdm bars with label, thousands and units, and takes no other line for one', () => {
    for (const text of [bar, 'Map (num_proc=2): 100%|██████████| 1,200/1,200 [00:01<00:00, 900 examples/s]', 'model.safetensors: 10%|█ | 1.5M/15.0M [00:01<00:09, 1.5MB/s]'])
      expect(isProgress(text)).toBe(true)
    expect(isProgress('5% of a | b | 3/4')).toBe(false)
    expect(isProgress('Generating train split: 200 examples [00:00, 12345.67 examples/s]')).toBe(true)
    expect(isProgress('RuntimeError: it broke [00:12]')).toBe(false)
  })
})

describe('meaningfulLines', () => {
  it('shows what a person would look for: no bars, no metrics, no repeats', () => {
    expect(meaningfulLines(`Loading\nLoading\n${bar}\r${bar}\n{'loss': '1.5', 'epoch': '1'}\nSaving\n`)).toEqual(['Loading', 'Saving'])
  })

  it('keeps the exception when lines come after it, or when the traceback is very long', () => {
    const frames = Array.from({ length: 60 }, (_, index) => `  File "a.py", line ${index}, in f${index}\n    f()\n`).join('')
    const lines = meaningfulLines(`start\nTraceback (most recent call last):\n${frames}ValueError: the reason\n${Array.from({ length: 10 }, (_, index) => `later ${index}\n`).join('')}`)
    expect(lines.length).toBeLessThanOrEqual(40)
    expect(lines[0]).toBe('Traceback (most recent call last):')
    expect(lines).toContain('ValueError: the reason')
    expect(lines.at(-1)).toBe('later 9')
  })

  it('gives the last lines where there is no traceback', () => {
    const lines = meaningfulLines(Array.from({ length: 100 }, (_, index) => `line ${index}\n`).join(''))
    expect(lines).toHaveLength(40)
    expect(lines.at(-1)).toBe('line 99')
  })
})

describe('plainConsole', () => {
  it('leaves the last frame of a bar and no escapes, and keeps lines that are empty by themselves (catches marks of a terminal in a log that is read)', () => {
    expect(plainConsole('a\r50%\r100%\r\n\u001b[A\n\n\u001b[31mred\u001b[0m\nlast')).toBe('100%\n\nred\nlast')
  })
})
