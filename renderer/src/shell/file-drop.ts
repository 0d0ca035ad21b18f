import { useEffect } from 'react'
import { importDropped } from '../stores/imports'
import { useUi } from '../stores/ui'

/** Takes files that are dropped anywhere on the window. Without this the page would navigate to the file. */
export function useFileDrop(): void {
  useEffect(() => {
    const holdsFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false
    const over = (event: DragEvent): void => {
      if (!holdsFiles(event)) return
      event.preventDefault()
      useUi.setState({ dragging: true })
    }
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) useUi.setState({ dragging: false })
    }
    const drop = (event: DragEvent): void => {
      event.preventDefault()
      useUi.setState({ dragging: false })
      void importDropped([...(event.dataTransfer?.files ?? [])])
    }
    window.addEventListener('dragover', over)
    window.addEventListener('dragleave', leave)
    window.addEventListener('drop', drop)
    return () => {
      window.removeEventListener('dragover', over)
      window.removeEventListener('dragleave', leave)
      window.removeEventListener('drop', drop)
    }
  }, [])
}
