import type { MenuItemConstructorOptions } from 'electron'
import type { appCommands } from '../shared/requests'

export type MenuCommand = (typeof appCommands)[number]

export interface MenuOptions {
  readonly platform: NodeJS.Platform
  readonly developer: boolean
  command(command: MenuCommand): void
  quit(): void
}

const pages = [
  ['go.home', 'Home'],
  ['go.datasets', 'Datasets'],
  ['go.train', 'Train'],
  ['go.queue', 'Queue'],
  ['go.models', 'Models'],
  ['go.compare', 'Compare'],
  ['go.settings', 'Settings'],
] as const satisfies readonly (readonly [MenuCommand, string])[]

const separator: MenuItemConstructorOptions = { type: 'separator' }

/** The native menu: every page and every action of `appCommands`, with its shortcut. */
export function menuTemplate({ platform, developer, command, quit }: MenuOptions): MenuItemConstructorOptions[] {
  const mac = platform === 'darwin'
  const item = (name: MenuCommand, label: string, accelerator?: string): MenuItemConstructorOptions => ({
    id: name,
    label,
    ...(accelerator === undefined ? {} : { accelerator }),
    click: () => command(name),
  })
  const quitItem: MenuItemConstructorOptions = { id: 'quit', label: mac ? 'Quit Tunesmith' : 'Quit', accelerator: 'CmdOrCtrl+Q', click: quit }
  const aboutItem = item('about', 'About Tunesmith')
  const appMenu: MenuItemConstructorOptions = {
    label: 'Tunesmith',
    submenu: [aboutItem, separator, { role: 'services' }, separator, { role: 'hide' }, { role: 'hideOthers' }, { role: 'unhide' }, separator, quitItem],
  }
  return [
    ...(mac ? [appMenu] : []),
    {
      label: 'File',
      submenu: [
        item('import-dataset', 'Import dataset...', 'CmdOrCtrl+O'),
        item('add-model', 'Add model...', 'CmdOrCtrl+Shift+O'),
        separator,
        { role: 'close' },
        ...(mac ? [] : [quitItem]),
      ],
    },
    { label: 'Edit', submenu: [{ role: 'undo' }, { role: 'redo' }, separator, { role: 'cut' }, { role: 'copy' }, { role: 'paste' }, { role: 'selectAll' }, separator, item('find', 'Find', 'CmdOrCtrl+F')] },
    { label: 'Go', submenu: [item('palette', 'Command palette', 'CmdOrCtrl+K'), separator, ...pages.map(([name, label], index) => item(name, label, `CmdOrCtrl+${index + 1}`))] },
    { label: 'Run', submenu: [item('primary', 'Main action of the page', 'CmdOrCtrl+Enter'), item('stop', 'Stop...', 'CmdOrCtrl+.')] },
    {
      label: 'View',
      submenu: [
        item('sidebar', 'Fold sidebar', 'CmdOrCtrl+B'),
        separator,
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'resetZoom' },
        { role: 'togglefullscreen' },
        ...(developer ? [separator, { role: 'reload' } as const, { role: 'toggleDevTools' } as const] : []),
      ],
    },
    { role: 'windowMenu' },
    { role: 'help', submenu: [item('shortcuts', 'Keyboard shortcuts', 'CmdOrCtrl+/'), ...(mac ? [] : [aboutItem])] },
  ]
}
