import { useState } from 'react'
import { Button } from './button'
import { Dialog } from './dialog'
import { Field } from './field'

/** Asks for a new name of 1 to 120 characters. `onRename` says whether it went well; else the dialog stays with what was typed. */
export function RenameDialog({ title, name, onClose, onRename }: { readonly title: string; readonly name: string; onClose(): void; onRename(name: string): Promise<boolean> }) {
  const [text, setText] = useState(name)
  const empty = text.trim() === ''
  const save = (): void => {
    if (!empty) void onRename(text.trim()).then((renamed) => { if (renamed) onClose() })
  }
  return (
    <Dialog
      title={title}
      form
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button look="primary" disabled={empty} onPress={save}>
            Rename
          </Button>
        </>
      }
    >
      <Field label="Name" value={text} maxLength={120} autoFocus error={empty ? 'Type a name of at least one character.' : null} onChange={setText} onEnter={save} />
    </Dialog>
  )
}
