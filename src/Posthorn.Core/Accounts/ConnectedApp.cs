namespace Posthorn.Core.Accounts;

/// <summary>An open session of a mail app, on whichever node it is.</summary>
/// <param name="Client">What the client calls itself; null: it has not said.</param>
/// <param name="By">Name of the app password; null: the password of the account.</param>
public sealed record ConnectedApp(Guid Id, string Protocol, string? Client, string? Address, string? By, DateTimeOffset Since);
