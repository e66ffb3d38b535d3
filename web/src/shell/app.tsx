import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider, type RegisteredRouter } from '@tanstack/react-router'
import { StrictMode, useEffect, useState } from 'react'
import { KeysProvider } from './keys-provider'
import { isSignedOut, newClient, type RouterContext } from './router'
import { ToastProvider } from './toasts'

/** Everything that lives as long as the browser tab. */
export function App({ newRouter }: { newRouter: (context: RouterContext) => RegisteredRouter }) {
  const [client] = useState(newClient)
  const [router] = useState(() => newRouter({ client }))
  useEffect(() => {
    // Pages that were never open must open though the server has gone; they are small, and fetched when nothing else is.
    const fetchPages = () => void Promise.allSettled(Object.values(router.routesById).map((route) => router.loadRouteChunk(route)))
    const timer = setTimeout(fetchPages, 2_000)
    return () => clearTimeout(timer)
  }, [router])
  useEffect(() => {
    // A session may end while pages are open; the next answer says so.
    return client.getQueryCache().subscribe((event) => {
      if (event.type !== 'updated' || event.action.type !== 'error' || !isSignedOut(event.action.error)) return
      if (router.state.location.pathname !== '/login') void router.navigate({ to: '/login', search: { next: router.state.location.href } })
    })
  }, [client, router])
  return (
    <StrictMode>
      <QueryClientProvider client={client}>
          <KeysProvider>
            <ToastProvider>
              <RouterProvider router={router} />
            </ToastProvider>
          </KeysProvider>
      </QueryClientProvider>
    </StrictMode>
  )
}
