import { useState } from 'react'
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components'
import type { JobSummary } from '../../../../electron/shared/job'
import { request } from '../../bridge'
import { Button } from '../../components/button'
import { Dialog } from '../../components/dialog'
import { Field } from '../../components/field'
import { attempt } from '../../stores/attempt'

const colours = [1, 2, 3, 4, 5, 6, 7, 8] as const

/** Name, tags, note and colour of a run. */
export function EditJobDialog({ job, onClose }: { readonly job: JobSummary; onClose(): void }) {
  const [name, setName] = useState(job.name)
  const [tags, setTags] = useState(job.tags.join(', '))
  const [note, setNote] = useState(job.note)
  const [colour, setColour] = useState(job.colour)
  const wanted = [...new Set(tags.split(',').map((tag) => tag.trim()).filter((tag) => tag !== ''))]
  const nameError = name.trim() === '' ? 'A run needs a name.' : null
  const tagError = wanted.length > 20 ? 'At most 20 tags.' : wanted.some((tag) => tag.length > 40) ? 'A tag has at most 40 characters.' : null
  const save = (): void => {
    if (nameError !== null || tagError !== null) return
    void attempt(async () => {
      await request('jobs.edit', { jobId: job.id, name: name.trim(), tags: wanted, note, colour })
      onClose()
    })
  }
  return (
    <Dialog
      title="Name, tags and note"
      form
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button look="primary" disabled={nameError !== null || tagError !== null} onPress={save}>
            Save
          </Button>
        </>
      }
    >
      <Field label="Name" value={name} maxLength={120} error={nameError} autoFocus onChange={setName} onEnter={save} />
      <Field label="Tags" value={tags} help="Separated by commas." error={tagError} onChange={setTags} onEnter={save} />
      <Field label="Note" value={note} lines={4} maxLength={10_000} onChange={setNote} />
      <div className="field">
        <span className="label">Colour in charts</span>
        <ToggleButtonGroup
          aria-label="Colour in charts"
          className="colours"
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[colour]}
          onSelectionChange={(keys) => {
            const chosen = colours.find((one) => keys.has(one))
            if (chosen !== undefined) setColour(chosen)
          }}
        >
          {colours.map((one) => (
            <ToggleButton key={one} id={one} aria-label={`Colour ${one}`} style={{ background: `var(--run-${one})` }} />
          ))}
        </ToggleButtonGroup>
      </div>
    </Dialog>
  )
}
