using System.Net;
using Posthorn.Core.Security;

namespace Posthorn.Core.Access;

/// <summary>Who does something, and by which door: the audit trail and every check of rights speak of this.</summary>
/// <param name="Principal">The account that signed in; <see cref="AccountId.Store"/> for the program itself.</param>
/// <param name="Protocol">The edge: smtp, submission, imap, pop3, web, control, delivery.</param>
/// <param name="Connection">Id of the connection, as the log has it.</param>
/// <param name="Remote">Address of the other side, when there is one.</param>
public sealed record Actor(AccountId Principal, string Protocol, string Connection, IPAddress? Remote)
{
    /// <summary>May do what an administrator may: accounts, domains, the queue.</summary>
    public bool IsAdministrator { get; init; }

    /// <summary>What the app password allows that it signed in with; null: it did so with all rights of the account.</summary>
    public AppScopes? Scopes { get; init; }

    /// <summary>The program itself: delivery, the scheduler, whoever owns the data folder.</summary>
    public bool IsSystem { get; private init; }

    public static Actor System(string protocol) => new(AccountId.Store, protocol, "-", null) { IsSystem = true, IsAdministrator = true };
}
