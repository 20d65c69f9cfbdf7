using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Posthorn.Server.Connections;

namespace Posthorn.Server.Pop3;

/// <summary>The answer to a command: one line, or nothing more because the command wrote its lines itself.</summary>
/// <param name="Line">Without its line end; null: nothing to write.</param>
/// <param name="Ends">The connection ends after it, for this reason.</param>
internal sealed record Pop3Reply(string? Line, EndReason? Ends = null, bool IsBadCommand = false)
{
    /// <summary>The command wrote all of its answer.</summary>
    public static readonly Pop3Reply Written = new(Line: null);

    public bool IsPositive => Line is null || Line.StartsWith('+');

    public static Pop3Reply Ok(string text) => new($"+OK {text}");

    public static Pop3Reply Error(string text) => new($"-ERR {text}");

    /// <summary>With a response code (RFC 2449 §8).</summary>
    public static Pop3Reply Error(string code, string text) => new($"-ERR [{code}] {text}");

    public static Pop3Reply Bad(string text) => new($"-ERR {text}", IsBadCommand: true);

    public void WriteTo(PipeWriter output)
    {
        if (Line is not null)
        {
            Encoding.UTF8.GetBytes(Line, output);
            output.Write("\r\n"u8);
        }
    }
}

/// <summary>A command that cannot be read; answered by the loop.</summary>
internal sealed class Pop3SyntaxException(string message) : Exception(message);
