import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { server } from '../api/client'

/** Ends the session, forgets everything that was read and shows the login. */
export function useSignOut(): () => void {
  const client = useQueryClient()
  const navigate = useNavigate()
  return () => {
    void server.POST('/v1/auth/logout').finally(() => {
      client.clear()
      void navigate({ to: '/login' })
    })
  }
}
