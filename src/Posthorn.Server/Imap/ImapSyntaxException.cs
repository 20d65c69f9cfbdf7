namespace Posthorn.Server.Imap;

/// <summary>A command that does not follow the grammar. Thrown by <see cref="ImapReader"/> only, caught by the session's loop only: BAD.</summary>
/// <param name="message">One sentence for the client.</param>
public sealed class ImapSyntaxException(string message) : Exception(message);
