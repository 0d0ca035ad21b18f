import type { Answer, Question } from '../stores/ui'
import { Button } from './button'
import { Dialog } from './dialog'

/** Asks before something happens that matters. The safe answer is Esc. */
export function QuestionDialog({ question, answer }: { readonly question: Question; answer(answer: Answer): void }) {
  return (
    <Dialog
      title={question.title}
      alert
      onClose={() => { answer('keep') }}
      actions={
        <>
          {question.other !== null && <Button look="danger" onPress={() => { answer('other') }}>{question.other}</Button>}
          <span className="grow" />
          <Button onPress={() => { answer('keep') }}>{question.keep}</Button>
          <Button look={question.danger ? 'danger' : 'primary'} autoFocus onPress={() => { answer('confirm') }}>
            {question.confirm}
          </Button>
        </>
      }
    >
      <p>{question.body}</p>
    </Dialog>
  )
}
