import { json } from '@codemirror/lang-json'
import { python } from '@codemirror/lang-python'
import { foldGutter, HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search'
import { EditorState } from '@codemirror/state'
import { EditorView, keymap, lineNumbers } from '@codemirror/view'
import { tags } from '@lezer/highlight'

export type CodeLanguage = 'python' | 'json' | 'text'

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.controlKeyword, tags.moduleKeyword, tags.bool, tags.null], color: 'var(--info)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--good)' },
  { tag: [tags.comment, tags.lineComment], color: 'var(--text-3)' },
  { tag: [tags.number], color: 'var(--warn)' },
  { tag: [tags.function(tags.variableName), tags.function(tags.definition(tags.variableName)), tags.className], color: 'var(--accent)' },
])

const theme = EditorView.theme({
  '&': { height: '100%', fontSize: '12px', background: 'var(--surface-term)', color: 'var(--text-1)' },
  '&.cm-focused': { outline: 'none', boxShadow: 'inset 0 0 0 2px var(--accent)' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '18px', fontVariantLigatures: 'none' },
  '.cm-gutters': { background: 'var(--surface-term)', color: 'var(--text-3)', border: 'none' },
  '.cm-lineNumbers .cm-gutterElement': { minWidth: '40px', paddingRight: '10px' },
  '.cm-selectionBackground, &.cm-focused .cm-selectionBackground': { background: 'var(--surface-select) !important' },
  '.cm-panels': { background: 'var(--surface-raised)', color: 'var(--text-1)', borderColor: 'var(--line)' },
  '.cm-searchMatch': { background: 'var(--warn-soft)', outline: '1px solid var(--warn)' },
})

/** Shows text to read, fold, search and copy. Returns how to take it away. */
export function showCode(host: HTMLElement, text: string, language: CodeLanguage, label: string): () => void {
  const view = new EditorView({
    parent: host,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        foldGutter(),
        highlightSelectionMatches(),
        syntaxHighlighting(colours),
        keymap.of(searchKeymap),
        EditorState.readOnly.of(true),
        // Focusable, so that keys scroll and search; still not editable.
        EditorView.contentAttributes.of({ 'aria-label': label, 'aria-readonly': 'true' }),
        theme,
        ...(language === 'python' ? [python()] : language === 'json' ? [json()] : []),
      ],
    }),
  })
  return () => {
    view.destroy()
  }
}
