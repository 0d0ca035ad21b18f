import { Copy } from 'lucide-react'
import { Button } from './button'

/** Text to read and copy, such as a snippet or a script. */
export function CodeText({ label, text, onCopy }: { readonly label: string; readonly text: string; onCopy(text: string): void }) {
  return (
    <div className="code-text">
      <pre tabIndex={0} aria-label={label}>{text}</pre>
      <Button
        size="small"
        icon={Copy}
        onPress={() => { onCopy(text) }}
      >
        Copy
      </Button>
    </div>
  )
}
