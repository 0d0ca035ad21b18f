import { useEffect, useState } from 'react'
import type { ModelSummary } from '../../../../electron/shared/model'
import { request } from '../../bridge'
import { copyText } from '../../clipboard'
import { CodeText } from '../../components/code-text'
import { Dialog } from '../../components/dialog'
import { Skeleton } from '../../components/layout'
import { ErrorNotice } from '../../components/notice'
import { attempt } from '../../stores/attempt'
import { toast } from '../../stores/ui'

/** Python that loads the model outside of Tunesmith. */
export function SnippetDialog({ model, onClose }: { readonly model: ModelSummary; onClose(): void }) {
  const [text, setText] = useState<string | null>(null)
  const [error, setError] = useState<unknown>(null)
  useEffect(() => {
    let shown = true
    request('models.snippet', { modelId: model.id }).then(
      (snippet) => { if (shown) setText(snippet.text) },
      (reason: unknown) => { if (shown) setError(reason) },
    )
    return () => { shown = false }
  }, [model.id])
  return (
    <Dialog title={`Use ${model.name} elsewhere`} wide onClose={onClose}>
      <p className="small">Paste it into a Python with transformers{model.kind === 'adapter' ? ' and peft' : ''}; it loads the model from its folder.</p>
      {error !== null && <ErrorNotice error={error} />}
      {text === null ? error === null && <Skeleton rows={6} label="Writing the snippet" /> : <CodeText label="Snippet" text={text} onCopy={(copied) => void attempt(() => copyText(copied)).then(() => { toast({ title: 'Copied' }) })} />}
    </Dialog>
  )
}
