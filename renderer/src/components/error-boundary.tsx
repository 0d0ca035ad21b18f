import { Component } from 'react'
import type { ReactNode } from 'react'
import { Button } from './button'
import { ErrorNotice } from './notice'

/** Keeps the window when a page fails: the page says what happened, the rest goes on. A class, because React has no hook for it. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, { readonly error: unknown }> {
  override state: { readonly error: unknown } = { error: null }

  static getDerivedStateFromError(error: unknown): { readonly error: unknown } {
    return { error }
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children
    return (
      <div className="page-body page-pad">
        <ErrorNotice error={this.state.error} actions={<Button onPress={() => { this.setState({ error: null }) }}>Try again</Button>} />
      </div>
    )
  }
}
