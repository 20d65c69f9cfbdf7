namespace Posthorn.Core.Security;

/// <summary>A browser that is signed in.</summary>
/// <param name="Agent">What the browser calls itself.</param>
/// <param name="Seen">Its last request, to some minutes.</param>
public sealed record WebSessionRow(Guid Id, DateTimeOffset Created, DateTimeOffset Seen, string? Address, string? Agent);
