using System.Text;
using Posthorn.Standards.Mime;

namespace Posthorn.Tests.Standards.Mime;

/// <remarks>RFC 2231 §3, §4.</remarks>
public sealed class AttachmentNameTests
{
    [Theory]
    [InlineData("Content-Disposition: attachment; filename=a.txt", "a.txt")]
    [InlineData("Content-Disposition: attachment; filename=\"a b.txt\"", "a b.txt")]
    [InlineData("Content-Disposition: attachment; filename*=utf-8''M%C3%A4rz.pdf; filename=Maerz.pdf", "M\u00e4rz.pdf")]
    [InlineData("Content-Disposition: attachment; filename*=iso-8859-1'de'M%E4rz.pdf", "M\u00e4rz.pdf")]
    [InlineData("Content-Disposition: attachment; filename*0=\"long \"; filename*1=name.txt", "long name.txt")]
    [InlineData("Content-Disposition: attachment; filename*0*=utf-8''%C3%A4; filename*1*=%C3%B6; filename*2=.txt", "\u00e4\u00f6.txt")]
    [InlineData("Content-Disposition: attachment; filename=\"=?utf-8?q?=C3=A4?=.txt\"", "\u00e4.txt")]
    [InlineData("Content-Type: application/pdf; name=b.pdf", "b.pdf")]
    [InlineData("Content-Disposition: attachment; filename*=utf-8''%zz%C3", "%zz\ufffd")]
    [InlineData("Content-Disposition: attachment; filename*=no-quotes", "no-quotes")]
    [InlineData("Content-Disposition: attachment", null)]
    [InlineData("Subject: x", null)]
    public void A_name_is_read_in_all_its_forms(string header, string? name) =>
        Assert.Equal(name, AttachmentName.Of(BodyStructure.Parse(Encoding.ASCII.GetBytes($"{header}\r\n\r\nx"))[0]));
}
