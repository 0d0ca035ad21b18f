import { useState } from 'react'
import type { ModelId } from '../../../../electron/shared/ids'
import { request } from '../../bridge'
import { Button } from '../../components/button'
import { Dialog } from '../../components/dialog'
import { Field } from '../../components/field'
import { attempt } from '../../stores/attempt'

/** Under which name the service answers for a model. */
export function DeploymentDialog({ modelId, deployment, onClose }: { readonly modelId: ModelId; readonly deployment: string | null; onClose(): void }) {
  const [text, setText] = useState(deployment ?? '')
  const name = text.trim()
  const problem = name.length > 120 ? 'At most 120 characters.' : null
  const save = (): void => {
    if (problem !== null) return
    void attempt(async () => {
      await request('models.setDeployment', { modelId, deployment: name === '' ? null : name })
      onClose()
    })
  }
  return (
    <Dialog
      title="Deployment"
      form
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button look="primary" disabled={problem !== null} onPress={save}>Save</Button>
        </>
      }
    >
      <p>Azure answers for a model only after it is deployed there. Deploy it in the portal, then type the name that you gave the deployment.</p>
      <Field label="Name of the deployment" mono autoFocus value={text} error={problem} help="A deployment costs money by the hour while it stands." onChange={setText} onEnter={save} />
    </Dialog>
  )
}
