using Posthorn.Server.Smtp.Grammar;

namespace Posthorn.Server.Smtp.Commands;

/// <summary>HELP: which commands there are.</summary>
/// <remarks>RFC 5321 §4.1.1.8.</remarks>
internal sealed record Help : ISmtpCommand
{
    private static readonly Help Instance = new();
    private static SmtpReply? _commands;

    public static ISmtpCommand Parse(ref SmtpReader reader) => Instance;

    // Made when first asked for: the table refers to this class.
    public ValueTask<SmtpReply> RunAsync(SmtpSession session, CancellationToken cancel) =>
        new(_commands ??= SmtpReply.Fixed(214, "2.0.0", string.Join(' ', SmtpCommandTable.Rows.Select(row => row.Verb))));
}
