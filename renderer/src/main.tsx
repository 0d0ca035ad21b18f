import { createRoot } from 'react-dom/client'
import { App } from './app'
import { connectStores } from './stores/connect'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
connectStores()
createRoot(root).render(<App />)
