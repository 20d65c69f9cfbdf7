using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Posthorn.Web.Mail.Writing;

/// <summary>Whether what a form has goes with its looks: the editor says so. Where its script does not run, the plain field shows the words alone: the looks stay as long as
/// nobody changes those, and what somebody typed counts.</summary>
internal static class Looks
{
    /// <summary>What the form holds beside the words that its plain field shows.</summary>
    public static string Of(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\n"))));

    public static bool AreIn(IFormCollection form) => form["format"].ToString() switch
    {
        "rich" => true,
        "" => form["looks"] == Of(form["text"].ToString()),
        _ => false,
    };
}
