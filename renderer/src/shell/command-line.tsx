import { Copy } from 'lucide-react'
import { copyText } from '../clipboard'
import { Button } from '../components/button'
import { attempt } from '../stores/attempt'
import { toast } from '../stores/ui'

/** A command to be typed in a terminal, with a button that copies it. */
export function CommandLine({ command }: { readonly command: string }) {
  const copy = (): void => {
    void attempt(async () => {
      await copyText(command)
      toast({ title: 'Command copied', detail: 'Type it in a terminal of this computer.' })
    })
  }
  return (
    <span className="command-line">
      <code className="selectable">{command}</code>
      <Button size="small" icon={Copy} label={`Copy ${command}`} onPress={copy} />
    </span>
  )
}
