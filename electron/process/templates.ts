import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../shared/app-error'

/** Reads every Python file of the templates folder: file name to text, with `\n` as line end. Throws RUN_FOLDER when the folder can't be read. */
export async function loadTemplates(folder: string): Promise<Readonly<Record<string, string>>> {
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.py')).sort()
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
    return Object.fromEntries(names.map((name, index) => [name, (texts[index] ?? '').replaceAll('\r\n', '\n')]))
  } catch (cause) {
    throw new AppError('RUN_FOLDER', `The Python templates can't be read from ${folder}`, { cause })
  }
}
