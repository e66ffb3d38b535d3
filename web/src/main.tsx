import { createRoot } from 'react-dom/client'
import { App } from './shell/app'
import { newRouter } from './routes'
import './ui/base.css'

// oxlint-disable-next-line typescript/no-non-null-assertion -- index.html holds it
createRoot(document.getElementById('root')!).render(<App newRouter={newRouter} />)
