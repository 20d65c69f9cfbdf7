using System.Text;
using Posthorn.Server.Smtp;
using Posthorn.Server.Smtp.Grammar;

namespace Posthorn.Tests.Server.Smtp;

/// <summary>Parses a command line as the loop does.</summary>
internal static class CommandParse
{
    public static T Line<T>(string line) => Assert.IsType<T>(Line(line));

    public static ISmtpCommand Line(string line)
    {
        var reader = new SmtpReader(Encoding.Latin1.GetBytes(line));
        var row = SmtpCommandTable.Find(reader.Verb());
        Assert.NotNull(row);
        return row.Parse(ref reader);
    }

    /// <summary>The reply a line is refused with, such as "501 5.5.4".</summary>
    public static string Refusal(string line)
    {
        var malformed = Assert.Throws<SmtpSyntaxException>(() => Line(line));
        return $"{malformed.Reply.Code} {malformed.Reply.Enhanced}";
    }
}
