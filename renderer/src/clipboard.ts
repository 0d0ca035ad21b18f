/** Copies text. The app denies every permission, the asynchronous clipboard may be among them; then the older way is used. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
  } catch (error) {
    if (!(error instanceof DOMException)) throw error
    const area = document.createElement('textarea')
    area.value = text
    area.style.position = 'fixed'
    const opener = document.activeElement
    document.body.append(area)
    area.select()
    document.execCommand('copy')
    area.remove()
    if (opener instanceof HTMLElement) opener.focus()
  }
}
