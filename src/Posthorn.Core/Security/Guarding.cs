using Posthorn.Core.Access;

namespace Posthorn.Core.Security;

/// <summary>Who may change how an account is guarded: its owner when signed in with all rights, and whoever administers.</summary>
internal static class Guarding
{
    public static Refusal? Object(Actor actor, AccountId account) =>
        actor.Scopes is null && (actor.Principal == account || actor.IsAdministrator) ? null : new Refusal.Denied(Right.Administer);
}
